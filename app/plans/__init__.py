"""The year's plan: policy and rounds; approved by another person, filed with the superior body, published."""
