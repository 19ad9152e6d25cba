"""What happens is told to other systems, signed, by HTTP."""
