"""What people and programs ask for: a use case's fields, declared once for pages' forms and the API's bodies.

A door adds its base (`FormModel`, `ApiModel`) and what it alone has. A form says again which fields it always
sends: an empty one is then wrong and no default, and a switch that is not sent is off.
"""
