package domain

// Protected is a text of a private person as events hold it: only the key of
// that person opens it, and when the key is destroyed nothing does. Keys lie
// outside the ledger; the domain never sees one.
type Protected struct {
	Key   string `json:"key"`   // id of the key; not derived from the person
	Nonce []byte `json:"nonce"` // of this one encryption
	Text  []byte `json:"text"`  // AES-256-GCM over the padded text, bound to the person and to what it says of them
}
