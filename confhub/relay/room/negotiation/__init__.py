"""Session descriptions and transports: what is offered and answered to each client."""
