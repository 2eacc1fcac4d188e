"""The screens and the server behind them."""
