package api

import (
	_ "embed"
	"io"
	"net/http"

	"github.com/gorilla/mux"
	"github.com/swaggest/swgui/v5emb"
)

//go:embed docs.html
var docsPage string

//go:embed docs.js
var docsScript string

//go:embed docs.css
var docsStyle string

// docs serves the description of the JSON API to read and to try, without the
// internet. The page and its script are our own, because those that come with
// Swagger UI are inline, which the policy forbids.
func (s *Server) docs(r *mux.Router) {
	text := func(kind, content string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind+"; charset=utf-8")
			_, _ = io.WriteString(w, content)
		}
	}
	r.HandleFunc("/docs", text("text/html", docsPage)).Methods("GET", "HEAD")
	r.HandleFunc("/docs/start.js", text("text/javascript", docsScript)).Methods("GET", "HEAD")
	r.HandleFunc("/docs/page.css", text("text/css", docsStyle)).Methods("GET", "HEAD")
	r.PathPrefix("/docs/").Handler(v5emb.New("", "", "/docs/")).Methods("GET", "HEAD")
}
