"""How much will be used in the coming hours, as a distribution: hourly amounts in, quantiles out; numpy and no I/O."""
