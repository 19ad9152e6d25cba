// Command gopeer joins rooms with LiveKit's Go SDK (pion), as a test's commands on stdin say: one JSON object a
// line. What happens is told on stdout, one JSON object a line; the SDK's log goes to stderr.
//
//	{"do":"join","who":"go","url":"ws://…","token":"…","single":true}
//	{"do":"publish","who":"go","kind":"audio"}        told as published, with the sid
//	{"do":"echo","who":"go","sid":"TR_…"}             what is received of that track, sent as one of its own
//	{"do":"mute"|"unmute"|"unpublish","who":"go","sid":"TR_…"}
//	{"do":"say","who":"go","text":"…"}
//	{"do":"simulate","who":"go","scenario":"signal"}  or node-failure, migration, tcp, tls
//	{"do":"anew"}                                     figures begin anew
//	{"do":"heard"}                                    told as heard, with the figures of each track
//	{"do":"leave","who":"go"}
//
// It ends with its stdin.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"sync"

	lksdk "github.com/livekit/server-sdk-go/v2"
)

type command struct {
	Do       string `json:"do"`
	Who      string `json:"who"`
	URL      string `json:"url"`
	Token    string `json:"token"`
	Single   bool   `json:"single"`
	Relayed  bool   `json:"relayed"`
	Kind     string `json:"kind"`
	Sid      string `json:"sid"`
	Text     string `json:"text"`
	Scenario string `json:"scenario"`
}

type event map[string]any

var scenarios = map[string]lksdk.SimulateScenario{
	"signal":       lksdk.SimulateSignalReconnect,
	"tcp":          lksdk.SimulateForceTCP,
	"tls":          lksdk.SimulateForceTLS,
	"migration":    lksdk.SimulateMigration,
	"node-failure": lksdk.SimulateNodeFailure,
}

var telling sync.Mutex

func tell(what event) {
	line, _ := json.Marshal(what)
	telling.Lock()
	defer telling.Unlock()
	_, _ = os.Stdout.Write(append(line, '\n'))
}

func main() {
	people := map[string]*person{}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<16), 1<<20)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			tell(event{"event": "failed", "error": err.Error()})
			continue
		}
		if c.Do == "anew" {
			for _, p := range people {
				p.anew()
			}
			continue
		}
		if c.Do == "heard" {
			figures := []event{}
			for _, p := range people {
				figures = append(figures, p.figures()...)
			}
			tell(event{"event": "heard", "tracks": figures})
			continue
		}
		if c.Do == "join" {
			people[c.Who] = newPerson(c.Who)
		}
		p := people[c.Who]
		if p == nil {
			tell(event{"event": "failed", "error": "nobody is called so", "who": c.Who})
			continue
		}
		p.commands <- c
	}
	for _, p := range people {
		p.leave()
	}
}
