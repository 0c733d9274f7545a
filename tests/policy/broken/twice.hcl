settings {
  rollback_window = "24h"
  rollback_window = "48h"
}
