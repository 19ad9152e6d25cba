"""The one UDP port, ICE-lite, DTLS, SRTP and SCTP of every peer."""
