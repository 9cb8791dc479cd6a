"""What the public sees and checks: the verify page, a third implementation of the protocol in any browser."""
