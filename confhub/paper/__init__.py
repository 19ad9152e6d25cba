"""Paper: A4 sheets as PDF in the form of decree 30/2020/NĐ-CP. Knows nothing of what is written on them."""
