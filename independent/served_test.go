package independent_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"regexp"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

// TestServedLog reads the public log from wenxiao serve, knowing only its
// address: the policy, the checkpoint, and every hash by way of tiles.
func TestServedLog(t *testing.T) {
	copied := city.copy(t)
	out, _ := start(t, "serve", "--addr", "127.0.0.1:0", "--db", "sqlite:"+string(copied))
	line, err := bufio.NewReader(out).ReadString('\n')
	site := regexp.MustCompile(`http://[^/\s]+`).FindString(line)
	if err != nil || site == "" {
		t.Fatalf("it does not say where it answers: %q, %v", line, err)
	}
	web, err := torchwood.NewTileFetcher(site)
	if err != nil {
		t.Fatal(err)
	}
	code, text := get(t, site+"/policy")
	if code != http.StatusOK {
		t.Fatalf("policy: %d", code)
	}
	signed, err := web.ReadEndpoint(t.Context(), "checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := torchwood.VerifyCheckpoint(signed, torchwoodPolicy(t, text))
	if err != nil {
		t.Fatal(err)
	}
	hashes := torchwood.TileHashReaderWithContext(t.Context(), c.Tree, web)
	for i, envelope := range city.column(t, "envelope") {
		leaf, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(i))})
		if err != nil || leaf[0] != tlog.RecordHash(envelope) {
			t.Fatalf("leaf %d: %v", i, err)
		}
	}
	if code, body := get(t, site+"/tile/entries/000"); code == http.StatusOK || bytes.Contains(body, []byte("dataHash")) {
		t.Errorf("envelopes go to anybody: %d", code)
	}
}

// get does not follow to the page where one signs in.
func get(t *testing.T, url string) (int, []byte) {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body
}
