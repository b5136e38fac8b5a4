"""Files in, samples out: counters, slots, flags, quarantine, and the statistics made from them."""
