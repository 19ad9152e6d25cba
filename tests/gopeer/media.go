package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

// Every packet carries a mark, its number and bytes that follow from the number: whoever receives it can tell
// whether any is missing and any byte is another.
var mark = []byte("gopeer")

const (
	keyFrameEvery  = 10
	soundBytes     = 80
	pictureBytes   = 900
	pictureFrameMs = 66
	soundFrameMs   = 20
)

var keyFrame = []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00} // VP8, 320x180
var deltaFrame = []byte{0x11, 0x02, 0x00}

func numbered(number uint64, size int) []byte {
	made := append([]byte{}, mark...)
	made = binary.BigEndian.AppendUint64(made, number)
	state := number*0x9e3779b97f4a7c15 + 1
	for len(made) < size {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		made = append(made, byte(state))
	}
	return made
}

func (p *person) publish(kind string) error {
	capability := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
	options := &lksdk.TrackPublicationOptions{Name: kind, Source: livekit.TrackSource_MICROPHONE}
	frames, every := soundFrames, soundFrameMs*time.Millisecond
	if kind == "video" {
		capability = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
		options.Source, options.VideoWidth, options.VideoHeight = livekit.TrackSource_CAMERA, 320, 180
		frames, every = pictureFrames, pictureFrameMs*time.Millisecond
	}
	local, err := lksdk.NewLocalTrack(capability)
	if err != nil {
		return err
	}
	stop, err := p.offer(local, options)
	if err == nil {
		go send(local, frames, every, stop)
	}
	return err
}

func (p *person) offer(local *lksdk.LocalTrack, options *lksdk.TrackPublicationOptions) (chan struct{}, error) {
	publication, err := p.room.LocalParticipant.PublishTrack(local, options)
	if err != nil {
		return nil, err
	}
	stop := make(chan struct{})
	p.lock.Lock()
	p.stops[publication.SID()] = stop
	p.lock.Unlock()
	p.tell("published", event{"sid": publication.SID(), "kind": local.Kind().String()})
	return stop, nil
}

// echo sends what comes of a track, and passes on who asks for a key frame.
func (p *person) echo(sid string) error {
	heard := p.track(sid)
	if heard == nil {
		return fmt.Errorf("no such track")
	}
	options := &lksdk.TrackPublicationOptions{Name: "echo", Source: livekit.TrackSource_MICROPHONE}
	if heard.kind == "video" {
		options.Source, options.VideoWidth, options.VideoHeight = livekit.TrackSource_CAMERA, 320, 180
	}
	local, err := lksdk.NewLocalTrack(heard.remote.Codec().RTPCodecCapability,
		lksdk.WithRTCPHandler(func(packet rtcp.Packet) {
			switch packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				heard.owner.WritePLI(heard.remote.SSRC())
			}
		}))
	if err != nil {
		return err
	}
	if _, err = p.offer(local, options); err == nil {
		p.lock.Lock()
		heard.echo = local
		p.lock.Unlock()
	}
	return err
}

func (p *person) track(sid string) *track {
	p.lock.Lock()
	defer p.lock.Unlock()
	for _, heard := range p.heard {
		if heard.sid == sid && !heard.ended {
			return heard
		}
	}
	return nil
}

// send writes frames at their pace, from when the track is bound to a connection.
func send(local *lksdk.LocalTrack, frames func(uint32) ([][]byte, uint32), every time.Duration, stop chan struct{}) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var sequence uint16
	for frame := uint32(0); ; {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		if !local.IsBound() {
			continue
		}
		payloads, step := frames(frame)
		for i, payload := range payloads {
			header := rtp.Header{Version: 2, SequenceNumber: sequence, Timestamp: frame * step,
				Marker: i == len(payloads)-1}
			_ = local.WriteRTP(&rtp.Packet{Header: header, Payload: payload}, nil)
			sequence++
		}
		frame++
	}
}

func soundFrames(frame uint32) ([][]byte, uint32) {
	return [][]byte{append([]byte{0x78}, numbered(uint64(frame), soundBytes)...)}, soundFrameMs * 48
}

func pictureFrames(frame uint32) ([][]byte, uint32) {
	first := deltaFrame
	if frame%keyFrameEvery == 0 {
		first = keyFrame
	}
	start := append(append([]byte{0x10}, first...), numbered(uint64(frame)*2, pictureBytes)...)
	return [][]byte{start, append([]byte{0x00}, numbered(uint64(frame)*2+1, pictureBytes)...)}, pictureFrameMs * 90
}

// track is what was received of one.
type track struct {
	sid, from, kind string
	first, last     uint64
	numbers         map[uint64]bool
	wrong, other    int
	ended           bool
	remote          *webrtc.TrackRemote
	owner           *lksdk.RemoteParticipant
	echo            *lksdk.LocalTrack
	sequences       sequences
}

// sequences counts packets and holes between them.
type sequences struct {
	seen        map[int64]bool
	first, last int64
}

func (s *sequences) take(number uint16) {
	extended := int64(number)
	if s.seen == nil {
		s.seen, s.first, s.last = map[int64]bool{}, extended, extended
	}
	extended = s.last + int64(int16(number-uint16(s.last)))
	s.first, s.last = min(s.first, extended), max(s.last, extended)
	s.seen[extended] = true
}

func (s *sequences) holes() int64 {
	if s.seen == nil {
		return 0
	}
	return s.last - s.first + 1 - int64(len(s.seen))
}

func (p *person) hear(remote *webrtc.TrackRemote, sid string, owner *lksdk.RemoteParticipant) {
	heard := &track{sid: sid, from: owner.Identity(), kind: remote.Kind().String(), numbers: map[uint64]bool{},
		remote: remote, owner: owner}
	p.lock.Lock()
	p.heard = append(p.heard, heard)
	p.lock.Unlock()
	go func() {
		for {
			packet, _, err := remote.ReadRTP()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					p.tell("unreadable", event{"sid": sid, "error": err.Error()})
				}
				p.lock.Lock()
				heard.ended = true
				p.lock.Unlock()
				return
			}
			p.lock.Lock()
			heard.sequences.take(packet.SequenceNumber)
			heard.take(packet.Payload)
			echo := heard.echo
			p.lock.Unlock()
			if echo != nil && len(packet.Payload) > 0 {
				packet.Header.Extension, packet.Header.Extensions = false, nil
				_ = echo.WriteRTP(packet, nil)
			}
		}
	}()
}

func (t *track) take(payload []byte) {
	body, size, err := unpack(t.kind, payload)
	if err != nil || !bytes.HasPrefix(body, mark) || len(body) < len(mark)+8 {
		t.other++
		return
	}
	number := binary.BigEndian.Uint64(body[len(mark):])
	if !bytes.Equal(body, numbered(number, size)) {
		t.wrong++
		return
	}
	if len(t.numbers) == 0 || number < t.first {
		t.first = number
	}
	t.last = max(t.last, number)
	t.numbers[number] = true
}

func unpack(kind string, payload []byte) ([]byte, int, error) {
	if kind == "audio" {
		if len(payload) == 0 {
			return nil, 0, fmt.Errorf("padding")
		}
		return payload[1:], soundBytes, nil
	}
	var picture codecs.VP8Packet
	body, err := picture.Unmarshal(payload)
	if err != nil {
		return nil, 0, err
	}
	if picture.S == 1 && picture.PID == 0 {
		head := len(deltaFrame)
		if len(body) > 0 && body[0]&1 == 0 {
			head = len(keyFrame)
		}
		if len(body) < head {
			return nil, 0, fmt.Errorf("short")
		}
		body = body[head:]
	}
	return body, pictureBytes, nil
}

// figures tells of each track.
func (p *person) figures() []event {
	p.lock.Lock()
	defer p.lock.Unlock()
	told := []event{}
	for _, t := range p.heard {
		missing := uint64(0)
		if len(t.numbers) > 0 {
			missing = t.last - t.first + 1 - uint64(len(t.numbers))
		}
		told = append(told, event{"who": p.who, "sid": t.sid, "from": t.from, "kind": t.kind, "ended": t.ended,
			"count": len(t.numbers), "missing": missing, "wrong": t.wrong, "other": t.other,
			"first": t.first, "last": t.last, "packets": len(t.sequences.seen), "holes": t.sequences.holes()})
	}
	return told
}

func (p *person) anew() {
	p.lock.Lock()
	defer p.lock.Unlock()
	for _, t := range p.heard {
		t.numbers, t.wrong, t.other, t.first, t.last = map[uint64]bool{}, 0, 0, 0, 0
		t.sequences = sequences{}
	}
}
