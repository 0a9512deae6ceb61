"""`make chaos`: breaks a mall in every way it can while buyers buy, then asks the oracle whether anything is amiss."""
