from starling.broker.words import last_words

PORT_IN_USE = """\
2026-11-22T05:41:50.120Z WARN QuorumController [QuorumController id=1] Performing controller activation.
2026-11-22T05:41:51.065Z ERROR DataPlaneAcceptor Unable to start acceptor for PLAINTEXT
org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:92: in use.
\tat kafka.network.Acceptor.openServerSocket(SocketServer.scala:672)
Caused by: java.net.BindException: in use
\tat java.base/sun.nio.ch.Net.bind0(Native Method)
\t... 18 more
2026-11-22T05:41:51.070Z ERROR Kafka$ Exiting Kafka due to fatal exception during startup.
java.lang.RuntimeException: Unable to start acceptor for PLAINTEXT
\tat kafka.network.Acceptor.start(SocketServer.scala:551)
Caused by: org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:92: in use.
\tat kafka.network.Acceptor.openServerSocket(SocketServer.scala:672)
Caused by: java.net.BindException: in use
\t... 18 more
2026-11-22T05:41:51.200Z INFO keeper ends: Kafka has ended by itself with exit code 1
"""


def test_the_last_exception_is_told_with_its_causes_and_nothing_twice() -> None:
    assert last_words(PORT_IN_USE) == (
        "Unable to start acceptor for PLAINTEXT: Socket server failed to bind to 127.0.0.1:92: in use."
    )


def test_a_full_disk_is_told_with_the_file() -> None:
    output = """\
java.io.UncheckedIOException: Error while writing the Quorum status from the file data/quorum-state
\tat X
Caused by: java.io.IOException: No space left on device
"""
    assert (
        last_words(output)
        == "Error while writing the Quorum status from the file data/quorum-state: No space left on device"
    )


def test_an_uncaught_exception_and_a_java_too_old_are_told() -> None:
    assert last_words('Exception in thread "main" java.lang.RuntimeException: Invalid cluster.id\n\tat X\n') == (
        "Invalid cluster.id"
    )
    assert last_words(
        "Error: LinkageError occurred while loading main class kafka.Kafka\n"
        "\tjava.lang.UnsupportedClassVersionError: kafka/Kafka has been compiled by a more recent version\n"
    ) == ("kafka/Kafka has been compiled by a more recent version")
