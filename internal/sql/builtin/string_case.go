package builtin

// asciiLower folds ASCII letters only, which is all that the C locale knows.
func asciiLower(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= 'A' && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i] >= 'A' && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// asciiUpper is asciiLower's opposite.
func asciiUpper(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= 'a' && s[i] <= 'z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i] >= 'a' && b[i] <= 'z' {
					b[i] -= 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// initcap raises the first letter of each word and lowers the others; letters
// and digits of ASCII make words.
func initcap(s string) string {
	b := []byte(s)
	inWord := false
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z':
			if !inWord {
				b[i] = c - 'a' + 'A'
			}
			inWord = true
		case c >= 'A' && c <= 'Z':
			if inWord {
				b[i] = c - 'A' + 'a'
			}
			inWord = true
		default:
			inWord = c >= '0' && c <= '9'
		}
	}
	return string(b)
}
