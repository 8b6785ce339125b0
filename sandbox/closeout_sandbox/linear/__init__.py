"""A stand-in for Linear: the GraphQL API by Linear's own schema, and the webhooks."""
