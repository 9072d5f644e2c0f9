package domain

import "testing"

func TestPrivatePersonsHoldNoPosts(t *testing.T) {
	for id, is := range map[string]bool{
		"v-abcdefghij234567": true, "v-nobody": false, "p-unit": false, "": false, "v-abcdefghij234567x": false, "v-ABCDEFGHIJ234567": false, "v-abcdefghij234561": false,
	} {
		no := Official("/person", id)
		if IsPrivate(id) != is || (len(no) == 1 && no[0].Code == "person.private" && no[0].Field == "/person") != is {
			t.Errorf("%s: %v", id, no)
		}
	}
}
