package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"wenxiao/eventstore"
)

// bookmarkCookie keeps positions in the reader's own browser: whose attention
// fell on what is nobody else's business, and no entry in the ledger.
const bookmarkCookie = "wenxiao-bookmarks"

const mostBookmarks = 20

func bookmarks(r *http.Request) (marks []eventstore.Position) {
	cookie, err := r.Cookie(bookmarkCookie)
	if err != nil {
		return nil
	}
	for _, text := range strings.Split(cookie.Value, ".") {
		if at := positionIn(text); at != 0 && len(marks) < mostBookmarks {
			marks = append(marks, at)
		}
	}
	return marks
}

// bookmark puts a bookmark at a moment or takes it away.
func (s *Server) bookmark(w http.ResponseWriter, r *http.Request) error {
	code, year, err := addressed(r)
	if err != nil {
		return err
	}
	at, marks := positionIn(r.PostFormValue("position")), bookmarks(r)
	if i := slices.Index(marks, at); i >= 0 {
		marks = slices.Delete(marks, i, i+1)
	} else if at != 0 {
		marks = append(marks, at)
		marks = marks[max(len(marks)-mostBookmarks, 0):]
	}
	texts := make([]string, len(marks))
	for i, m := range marks {
		texts[i] = strconv.FormatUint(uint64(m), 10)
	}
	path := programmeAddress(code, year) + "/replay"
	http.SetCookie(w, &http.Cookie{Name: bookmarkCookie, Value: strings.Join(texts, "."), Path: path, MaxAge: 365 * 24 * 60 * 60, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.Secure})
	http.Redirect(w, r, path+"?at="+strconv.FormatUint(uint64(at), 10), http.StatusSeeOther)
	return nil
}
