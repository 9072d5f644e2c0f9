package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"wenxiao/domain"
)

const (
	// MinPassword and MaxPassword bound a password in characters (NIST SP 800-63B:
	// length counts, composition does not).
	MinPassword = 8
	MaxPassword = 128
)

// CheckPassword refuses a password that is too short, too long or the account's
// own name.
func CheckPassword(username, password string) error {
	refuse := func(code, reason string) error {
		return domain.Refusal{Code: code, Field: "/password", Reason: reason}
	}
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword:
		return refuse("password.too-short", fmt.Sprintf("密码有 %d 个字符，至少 %d 个", n, MinPassword))
	case n > MaxPassword:
		return refuse("password.too-long", fmt.Sprintf("密码有 %d 个字符，至多 %d 个", n, MaxPassword))
	case strings.EqualFold(password, username):
		return refuse("password.is-username", "密码不得与账户名相同")
	}
	return nil
}

// The cost of one hash. A hash names the cost it was made at, so a later rise
// leaves older ones readable.
const (
	memory  = 19 * 1024 // KiB
	passes  = 2
	lanes   = 1
	keySize = 32
)

// hashing lets two hashes be computed at a time: each takes 19 MiB, and a crowd
// at the door must not take the machine's memory.
var hashing = make(chan struct{}, 2)

func argon(ctx context.Context, password, salt []byte, m, t uint32, p uint8, size uint32) ([]byte, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
		return argon2.IDKey(password, salt, t, m, p, size), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hashPassword returns the password's hash in PHC form.
func hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails: crypto/rand ends the process instead
	key, err := argon(ctx, []byte(password), salt, memory, passes, lanes, keySize)
	if err != nil {
		return "", err
	}
	return phc(salt, key), nil
}

func phc(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// nobody is the hash checked for an unknown account, so that asking takes as
// long as for a known one. No password has it: its key is all zeros.
var nobody = phc(make([]byte, 16), make([]byte, keySize))

// matches reports whether hash is the password's, in constant time.
func matches(ctx context.Context, password, hash string) (bool, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false, fmt.Errorf("accounts: a stored password is in no form that can be read")
	}
	var (
		m, t uint32
		p    uint8
	)
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &t, &p); err != nil {
		return false, fmt.Errorf("accounts: cost of a stored password: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("accounts: salt of a stored password: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, fmt.Errorf("accounts: stored password: %w", err)
	}
	got, err := argon(ctx, []byte(password), salt, m, t, p, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, err
}
