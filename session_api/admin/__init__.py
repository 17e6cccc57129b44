"""What operators ask and look at over HTTP."""
