"""The post: all that leaves the hub for others goes through one outbox, one worker, and one mailer."""
