"""What the API answers with, declared: a promise to programs outside, read off services' values by name.

A service's value may change as its subject needs; a member here changes with `docs/openapi.json` and a line
in CHANGELOG. That is why the same names stand here and there.
"""
