"""Media rooms: participants, publications, subscriptions and the negotiation between them."""
