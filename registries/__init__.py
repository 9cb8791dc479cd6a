"""The books: who is supervised, who inspects, what is inspected, what happened, and the log of every deed."""
