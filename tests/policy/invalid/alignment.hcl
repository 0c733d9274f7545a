# Tabs, wide and combining characters before the caret.
account "prod" {
	id      = "111111111111"
	regions = ["eu-central-1"]	/* 日本語 é */
}

protect "image" "größe" {
	reason = "日本語のイメージ"
	/* 日本語 é */	rezon = "x"
	match { repository = ["日本/*", "b["] }
}
