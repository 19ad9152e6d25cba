package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	lksdk "github.com/livekit/server-sdk-go/v2"
)

const connectTimeout = 15 * time.Second

// person is one participant; its commands are done in order, beside those of others.
type person struct {
	who      string
	room     *lksdk.Room
	commands chan command
	lock     sync.Mutex
	heard    []*track
	stops    map[string]chan struct{}
}

func newPerson(who string) *person {
	p := &person{who: who, commands: make(chan command, 64), stops: map[string]chan struct{}{}}
	go func() {
		for c := range p.commands {
			if err := p.do(c); err != nil {
				p.tell("failed", event{"do": c.Do, "error": err.Error()})
			}
		}
	}()
	return p
}

func (p *person) tell(name string, more event) {
	what := event{"event": name, "who": p.who}
	for key, value := range more {
		what[key] = value
	}
	tell(what)
}

func (p *person) do(c command) error {
	if c.Do != "join" && p.room == nil {
		return fmt.Errorf("not in a room")
	}
	switch c.Do {
	case "join":
		return p.join(c)
	case "publish":
		return p.publish(c.Kind)
	case "echo":
		return p.echo(c.Sid)
	case "mute", "unmute":
		publication := p.publication(c.Sid)
		if publication == nil {
			return fmt.Errorf("no such track")
		}
		publication.SetMuted(c.Do == "mute")
	case "unpublish":
		p.lock.Lock()
		close(p.stops[c.Sid])
		delete(p.stops, c.Sid)
		p.lock.Unlock()
		return p.room.LocalParticipant.UnpublishTrack(c.Sid)
	case "say":
		return p.room.LocalParticipant.PublishDataPacket(
			lksdk.UserData([]byte(c.Text)), lksdk.WithDataPublishReliable(true))
	case "simulate":
		scenario, known := scenarios[c.Scenario]
		if !known {
			return fmt.Errorf("no such scenario")
		}
		p.room.Simulate(scenario)
	case "leave":
		p.leave()
		p.tell("left", nil)
	default:
		return fmt.Errorf("unknown command")
	}
	return nil
}

func (p *person) join(c command) error {
	options := []lksdk.ConnectOption{lksdk.WithDisableRegionDiscovery(), lksdk.WithConnectTimeout(connectTimeout)}
	if c.Single {
		options = append(options, lksdk.WithSinglePeerConnection())
	}
	if c.Relayed {
		options = append(options, lksdk.WithICETransportPolicy(webrtc.ICETransportPolicyRelay))
	}
	room, err := lksdk.ConnectToRoomWithToken(c.URL, c.Token, p.callback(), options...)
	if err != nil {
		return err
	}
	p.room = room
	p.tell("joined", event{"sid": room.LocalParticipant.SID()})
	return nil
}

func (p *person) leave() {
	p.lock.Lock()
	for sid, stop := range p.stops {
		close(stop)
		delete(p.stops, sid)
	}
	p.lock.Unlock()
	if p.room != nil {
		p.room.Disconnect()
		p.room = nil
	}
}

func (p *person) publication(sid string) *lksdk.LocalTrackPublication {
	for _, found := range p.room.LocalParticipant.TrackPublications() {
		if local, ok := found.(*lksdk.LocalTrackPublication); ok && local.SID() == sid {
			return local
		}
	}
	return nil
}

func (p *person) callback() *lksdk.RoomCallback {
	callback := lksdk.NewRoomCallback()
	callback.OnTrackSubscribed = func(t *webrtc.TrackRemote, pub *lksdk.RemoteTrackPublication, from *lksdk.RemoteParticipant) {
		p.hear(t, pub.SID(), from)
		p.tell("track", event{"sid": pub.SID(), "from": from.Identity(), "kind": t.Kind().String(),
			"codec": t.Codec().MimeType})
	}
	callback.OnTrackUnsubscribed = func(_ *webrtc.TrackRemote, pub *lksdk.RemoteTrackPublication, from *lksdk.RemoteParticipant) {
		p.tell("untrack", event{"sid": pub.SID(), "from": from.Identity()})
	}
	callback.OnTrackUnpublished = func(pub *lksdk.RemoteTrackPublication, from *lksdk.RemoteParticipant) {
		p.tell("unpublished", event{"sid": pub.SID(), "from": from.Identity()})
	}
	callback.OnTrackMuted = func(pub lksdk.TrackPublication, from lksdk.Participant) {
		p.tell("muted", event{"sid": pub.SID(), "from": from.Identity()})
	}
	callback.OnTrackUnmuted = func(pub lksdk.TrackPublication, from lksdk.Participant) {
		p.tell("unmuted", event{"sid": pub.SID(), "from": from.Identity()})
	}
	callback.OnDataPacket = func(data lksdk.DataPacket, from lksdk.DataReceiveParams) {
		if said, ok := data.(*lksdk.UserDataPacket); ok {
			p.tell("data", event{"from": from.SenderIdentity, "text": string(said.Payload)})
		}
	}
	callback.OnReconnecting = func() { p.tell("reconnecting", nil) }
	callback.OnReconnected = func() { p.tell("reconnected", nil) }
	callback.OnDisconnectedWithReason = func(reason lksdk.DisconnectionReason) {
		p.tell("disconnected", event{"reason": string(reason)})
	}
	return callback
}
