"""Operations: the ledger, the metrics and the status line."""
