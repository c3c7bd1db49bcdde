-- Owns the short names of emoji: what completes after a colon and two letters. Short forms of Unicode's own names; none
-- is a flag or joined from several, which terminals draw in their own ways.
local text = require "text"

local M = {}

local NAMES = [[
grinning 😀 smiley 😃 smile 😄 grin 😁 squint_smile 😆 sweat_smile 😅 rofl 🤣 joy 😂 slight_smile 🙂 upside_down 🙃
wink 😉 blush 😊 halo 😇 love_smile 🥰 heart_eyes 😍 star_eyes 🤩 kiss_blow 😘 kiss 😗 yum 😋 tongue 😛 wink_tongue 😜
zany 🤪 money_mouth 🤑 hug 🤗 hand_over_mouth 🤭 shush 🤫 thinking 🤔 zipper_mouth 🤐 raised_eyebrow 🤨 neutral 😐
expressionless 😑 no_mouth 😶 smirk 😏 unamused 😒 roll_eyes 🙄 grimace 😬 relieved 😌 pensive 😔 sleepy 😪 sleeping 😴
mask 😷 ill 🤒 nauseated 🤢 sneeze 🤧 hot 🥵 cold 🥶 woozy 🥴 dizzy_face 😵 mind_blown 🤯 cowboy 🤠 party_face 🥳
sunglasses 😎 nerd 🤓 monocle 🧐 confused 😕 worried 😟 slight_frown 🙁 open_mouth 😮 hushed 😯 astonished 😲 flushed 😳
pleading 🥺 anguished 😧 fearful 😨 anxious 😰 disappointed_relieved 😥 cry 😢 sob 😭 scream 😱 confounded 😖
persevering 😣 disappointed 😞 sweat 😓 weary 😩 tired 😫 yawn 🥱 triumph 😤 angry 😠 rage 😡 cursing 🤬 devil 😈
skull 💀 poo 💩 clown 🤡 ogre 👹 ghost 👻 alien 👽 robot 🤖 cat_smile 😸 see_no_evil 🙈 hear_no_evil 🙉 speak_no_evil 🙊
wave 👋 raised_hand ✋ ok_hand 👌 pinch 🤏 crossed_fingers 🤞 horns 🤘 call_me 🤙 point_left 👈 point_right 👉
point_up 👆 point_down 👇 thumbs_up 👍 thumbs_down 👎 fist ✊ punch 👊 clap 👏 raised_hands 🙌 open_hands 👐 handshake 🤝
pray 🙏 muscle 💪 eyes 👀 brain 🧠 shrug 🤷 facepalm 🤦 bow 🙇 runner 🏃 dancer 💃 sparkling_heart 💖 heart 💗 broken_heart 💔
blue_heart 💙 green_heart 💚 yellow_heart 💛 purple_heart 💜 black_heart 🖤 orange_heart 🧡 hundred 💯 collision 💥
dizzy 💫 sweat_drops 💦 dash 💨 speech 💬 thought 💭 zzz 💤 monkey 🐒 dog 🐶 cat 🐱 mouse 🐭 rabbit 🐰 fox 🦊 bear 🐻
panda 🐼 lion 🦁 cow 🐮 pig 🐷 frog 🐸 chicken 🐔 penguin 🐧 bird 🐦 owl 🦉 unicorn 🦄 bee 🐝 bug 🐛 butterfly 🦋
snail 🐌 turtle 🐢 snake 🐍 octopus 🐙 whale 🐳 crab 🦀 bouquet 💐 rose 🌹 sunflower 🌻 tree 🌳 cactus 🌵 clover 🍀
mushroom 🍄 earth 🌍 moon 🌙 sun 🌞 star ⭐ glowing_star 🌟 lightning ⚡ fire 🔥 rainbow 🌈 ocean 🌊 snowman ⛄ apple 🍎
banana 🍌 grapes 🍇 melon 🍉 lemon 🍋 peach 🍑 cherries 🍒 strawberry 🍓 avocado 🥑 bread 🍞 cheese 🧀 pizza 🍕
burger 🍔 fries 🍟 taco 🌮 egg 🥚 noodles 🍜 sushi 🍣 cookie 🍪 cake 🍰 birthday 🎂 chocolate 🍫 coffee ☕ tea 🍵
beer 🍺 beers 🍻 wine 🍷 cocktail 🍸 champagne 🍾 party 🎉 confetti 🎊 balloon 🎈 gift 🎁 trophy 🏆 medal 🏅
soccer ⚽ game 🎮 dart 🎯 dice 🎲 art 🎨 guitar 🎸 musical_note 🎵 microphone 🎤 headphones 🎧 movie 🎬 camera 📷
rocket 🚀 takeoff 🛫 car 🚗 train 🚆 bicycle 🚲 ship 🚢 house 🏠 office 🏢 tent ⛺ watch ⌚ hourglass ⏳ alarm ⏰
phone 📱 laptop 💻 piano 🎹 disk 💾 bulb 💡 book 📖 books 📚 memo 📝 calendar 📅 chart 📈 pushpin 📌
paperclip 📎 lock 🔒 unlock 🔓 key 🔑 hammer 🔨 wrench 🔧 link 🔗 magnet 🧲 microscope 🔬 telescope 🔭
package 📦 mailbox 📫 email 📧 bell 🔔 mute 🔇 loudspeaker 📢 search 🔍 money 💰 gem 💎 repeat 🔁 check ✅ cross ❌
question ❓ exclamation ❗ siren 🚨 construction 🚧 stop 🛑 no_entry ⛔ prohibited 🚫 sos 🆘 new 🆕 ok 🆗 cool 🆒
sparkles ✨ plus ➕ minus ➖ red_circle 🔴 green_circle 🟢 blue_circle 🔵 yellow_circle 🟡
]]

local list

-- All of them as {name=, emoji=}, in the order above.
function M.all()
  if list then return list end
  list = {}
  for _, line in ipairs(text.split(text.trim(NAMES), "\n")) do
    local words = text.split(line, " ")
    for i = 1, #words, 2 do list[#list + 1] = { name = words[i], emoji = words[i + 1] } end
  end
  return list
end

return M
