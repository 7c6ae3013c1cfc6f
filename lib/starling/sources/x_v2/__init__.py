"""X API v2 messages, `{"data": …, "includes": …}`, as the filtered stream and the compliance stream send them."""
