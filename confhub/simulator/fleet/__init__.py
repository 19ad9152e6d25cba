"""Many simulated rooms in one process, the studio that plays the chair, and what they write down."""
