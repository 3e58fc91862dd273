"""Networks over pictures and how they are fitted; these modules alone need torch."""
