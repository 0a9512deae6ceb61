"""`make soak`: steady load for a while, then the question whether anything grew that should not."""
