package domain

// IsDigest reports whether s is a digest of 256 bits, such as SHA-256 or SM3, as
// it is written everywhere here: 64 lower-case hex digits.
func IsDigest(s string) bool {
	if len(s) != 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
