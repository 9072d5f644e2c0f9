package deadline

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
)

// A browser is one person's, with the cookies of their session.
type browser struct {
	site   string
	client *http.Client
	tally  *tally
	at     string // address of the page last shown
	status int
	page   []byte
}

// connections are kept as a proxy before the server would.
var connections = &http.Transport{MaxIdleConns: 1024, MaxIdleConnsPerHost: 1024, IdleConnTimeout: time.Minute}

func newBrowser(site string, t *tally) *browser {
	jar, _ := cookiejar.New(nil) // never fails
	return &browser{site: site, tally: t, client: &http.Client{
		Transport: connections, Jar: jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// enter signs in.
func (b *browser) enter(ctx context.Context, username string) error {
	fields := url.Values{"username": {username}, "password": {password}, "back": {"/healthz"}}
	b.send(ctx, "sign in", form{action: "/sign-in", fields: fields})
	if b.status != http.StatusSeeOther {
		return fmt.Errorf("%s: %d", username, b.status)
	}
	return nil
}

// open asks for a page, and says whether it came.
func (b *browser) open(ctx context.Context, kind, address string) bool {
	b.ask(ctx, kind, http.MethodGet, address, "", nil)
	return b.status == http.StatusOK
}

// send sends a form as the page it stands on says.
func (b *browser) send(ctx context.Context, kind string, f form) {
	if !f.files {
		b.ask(ctx, kind, http.MethodPost, f.action, "application/x-www-form-urlencoded", []byte(f.fields.Encode()))
		return
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range f.fields {
		for _, v := range values {
			_ = w.WriteField(name, v) // into memory
		}
	}
	_ = w.Close()
	b.ask(ctx, kind, http.MethodPost, f.action, w.FormDataContentType(), body.Bytes())
}

func (b *browser) ask(ctx context.Context, kind, method, address, contentType string, body []byte) {
	begun := time.Now()
	err := b.answer(ctx, method, address, contentType, body)
	b.tally.note(kind, method+" "+address, time.Since(begun), b.status, b.page, err)
}

func (b *browser) answer(ctx context.Context, method, address, contentType string, body []byte) error {
	b.status, b.page, b.at = 0, nil, address
	request, err := http.NewRequestWithContext(ctx, method, b.site+address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		request.Header.Set("Content-Type", contentType)
		request.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	response, err := b.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if b.page, err = io.ReadAll(response.Body); err != nil {
		return err
	}
	b.status = response.StatusCode
	if to := response.Header.Get("Location"); to != "" {
		b.at = strings.TrimPrefix(to, b.site)
	}
	return nil
}
