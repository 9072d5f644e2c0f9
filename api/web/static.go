package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed static
var staticFiles embed.FS

// hashes holds the first digits of the SHA-256 of each static file.
var hashes = hashStatic()

func hashStatic() map[string]string {
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		panic(err)
	}
	found := make(map[string]string)
	for _, e := range entries {
		data, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(data)
		found[e.Name()] = hex.EncodeToString(sum[:6])
	}
	return found
}

// asset returns the address of a static file. It names the content, so the file
// may be kept for ever and a new one is fetched at once.
func asset(name string) string {
	ext := path.Ext(name)
	return "/static/" + strings.TrimSuffix(name, ext) + "." + hashes[name] + ext
}

// Static serves the files under /static/, by plain name or by the name that
// carries the content's hash.
func Static() http.Handler {
	byAddress := make(map[string]string)
	for name := range hashes {
		byAddress[asset(name)] = name
		byAddress["/static/"+name] = name
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := byAddress[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		data, err := staticFiles.ReadFile("static/" + name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		if r.URL.Path == asset(name) {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		w.Header().Set("ETag", `"`+hashes[name]+`"`)
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
	})
}
