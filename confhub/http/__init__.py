"""The doors of the hub: HTML pages, the JSON API, rooms' WebSockets. They parse, call a service, render."""
