"""What a call to a model costs: a reconciled, dated price list and the exact cost of any usage."""
