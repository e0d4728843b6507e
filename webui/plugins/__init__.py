"""What runs inside other people's programs and tells the ledger through the client."""
