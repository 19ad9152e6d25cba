"""The stage's slots, and who stands behind them."""
