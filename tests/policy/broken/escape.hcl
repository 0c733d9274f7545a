protect "image" "a" {
  reason = "a\qb"
}
