"""The loopback server: routes, answers and rules from an OpenAPI document; what that cannot say from a behaviour file."""
