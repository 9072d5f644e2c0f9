package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
)

// A webhook posts signed CloudEvents to an address.
type webhook struct {
	url    string
	secret Secret
	client *http.Client
}

func toWebhook(url string, secret Secret) opener {
	return func(watermill.LoggerAdapter) (message.Publisher, error) {
		return &webhook{url: url, secret: secret, client: &http.Client{
			Timeout: 15 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse // what is signed for one goes to no other
			},
		}}, nil
	}
}

// Publish posts each message and wants an answer of the two hundreds.
func (w *webhook) Publish(_ string, messages ...*message.Message) error {
	for _, m := range messages {
		if err := w.post(m.Context(), m); err != nil {
			return err
		}
	}
	return nil
}

func (w *webhook) post(ctx context.Context, m *message.Message) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(m.Payload))
	if err != nil {
		return Rejected{bare(err).Error()}
	}
	r.Header = w.secret.Sign(m.UUID, time.Now(), m.Payload) // anew each time: receivers refuse old ones
	r.Header.Set("Content-Type", m.Metadata.Get(contentType))
	r.Header.Set("User-Agent", "wenxiao")
	answer, err := w.client.Do(r)
	if err != nil {
		return closing(ctx, bare(err))
	}
	defer answer.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(answer.Body, 512))
	return verdict(answer.StatusCode, strings.ToValidUTF8(strings.TrimSpace(string(said)), "?"))
}

// bare is an error without the address it names, which may hold a token.
func bare(err error) error {
	if failed := (*url.Error)(nil); errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

func (w *webhook) Close() error { w.client.CloseIdleConnections(); return nil }
