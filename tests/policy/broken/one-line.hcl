settings { rollback_window = "24h", plan_expiry = "72h" }
