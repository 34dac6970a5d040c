//! The pages of the console and the server functions behind them.
