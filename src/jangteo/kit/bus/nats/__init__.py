"""The bus on NATS JetStream: one stream for all messages, one durable pull consumer for each group."""
