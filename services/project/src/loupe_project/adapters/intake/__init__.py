"""Files on their way in: spool, decoders, feature store."""
