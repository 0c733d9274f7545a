{ "settings": {} }
