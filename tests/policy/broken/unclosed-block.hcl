settings {
  rollback_window = "24h"
