"""Live changes for browsers: one hub inside the portal, fed by NATS, read as server-sent events."""
