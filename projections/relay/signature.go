package relay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed webhook, as the Standard Webhooks specification has
// them, so that receivers in any language find a library.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp" // seconds since 1970
	HeaderSignature = "Webhook-Signature" // v1,BASE64; several apart by blanks
)

// Tolerance is how far off a signature's timestamp may be: an older one may be a
// recording.
const Tolerance = 5 * time.Minute

// A Secret is what the two sides of a webhook share.
type Secret []byte

// MinSecret is the fewest bytes a secret may have.
const MinSecret = 24

// ReadSecret reads a secret as people keep it: whsec_ and base64, or a text taken
// as it is.
func ReadSecret(text string) (Secret, error) {
	text = strings.TrimSpace(text)
	secret := Secret(text)
	if encoded, ok := strings.CutPrefix(text, "whsec_"); ok {
		decoded, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, errors.New("whsec_ 之后不是 base64")
		}
		secret = decoded
	}
	if len(secret) < MinSecret {
		return nil, errors.New("密钥少于 " + strconv.Itoa(MinSecret) + " 字节")
	}
	return secret, nil
}

// Sign returns the headers that prove id and body to who has the secret.
func (s Secret) Sign(id string, at time.Time, body []byte) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{}
	h.Set(HeaderID, id)
	h.Set(HeaderTimestamp, stamp)
	h.Set(HeaderSignature, "v1,"+base64.StdEncoding.EncodeToString(s.mac(id, stamp, body)))
	return h
}

func (s Secret) mac(id, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, s)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

var (
	// ErrUnsigned reports a message without a signature of this secret.
	ErrUnsigned = errors.New("no valid signature")

	// ErrStale reports a signature made too long ago, or in the future.
	ErrStale = errors.New("the signature's time is too far off")
)

// Verify returns the id that h and body prove to have been signed with the
// secret about now; with [ErrStale], at another time. Signatures are compared in
// constant time.
func (s Secret) Verify(h http.Header, now time.Time, body []byte) (id string, err error) {
	id, stamp := h.Get(HeaderID), h.Get(HeaderTimestamp)
	want, ok := s.mac(id, stamp, body), false
	for _, given := range strings.Fields(h.Get(HeaderSignature)) {
		encoded, v1 := strings.CutPrefix(given, "v1,")
		mac, err := base64.StdEncoding.DecodeString(encoded)
		ok = v1 && err == nil && hmac.Equal(mac, want) || ok
	}
	if id == "" || !ok {
		return "", ErrUnsigned
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if off := now.Sub(time.Unix(seconds, 0)); err != nil || off.Abs() > Tolerance {
		return id, ErrStale
	}
	return id, nil
}
