#include "daemon/demo_world.h"

const struct demo_tenant demo_tenants[DEMO_TENANTS] = {
    {"acme", "Acme Telecom", "acme.example"},
    {"acme/eu", "Acme Europe", "eu.acme.example"},
    {"acme/eu/sales", "Acme Europe Sales", "sales.acme.example"},
    {"acme/us", "Acme Americas", "us.acme.example"},
    {"globex", "Globex Contact Centers", "globex.example"},
    {"globex/retail", "Globex Retail", "retail.globex.example"},
    {"initech", "Initech Messaging", "initech.example"},
    {"initech/us", "Initech US", "us.initech.example"},
    {"umbrella", "Umbrella Health", "umbrella.example"},
};

const struct demo_place demo_places[DEMO_PLACES] = {
    {"203.0.113.4", "DE", "Berlin", "Berlin"},
    {"203.0.113.77", "GB", "England", "London"},
    {"203.0.113.130", "ES", "Madrid", "Madrid"},
    {"198.51.100.23", "US", "New York", "New York"},
    {"198.51.100.40", "US", "Texas", "Austin"},
    {"2001:db8:17::5", "SE", "Stockholm", "Stockholm"},
    {"192.0.2.10", "JP", "Tokyo", "Tokyo"},
    {"192.0.2.61", "FR", "Île-de-France", "Paris"},
    {"192.0.2.99", "CA", "Ontario", "Toronto"},
    {"2001:db8:44::1f", "IN", "Karnataka", "Bengaluru"},
    {"198.51.100.201", "RU", "Saint Petersburg", "Saint Petersburg"},
    {"198.51.100.217", "VN", "Hanoi", "Hanoi"},
    {"192.0.2.180", "BR", "São Paulo", "São Paulo"},
    {"198.51.100.24", "US", "New York", "New York"},
};

const struct demo_person demo_people[DEMO_PEOPLE] = {
    {"jane.doe", "Jane Doe", 1, 0, 7, "password+totp"},
    {"john.smith", "John Smith", 1, 1, 8, "password"},
    {"mira.b", "Mira Beltre", 1, 2, 8, "password+totp"},
    {"sven.k", "Sven Krüger", 0, 0, 7, "sso"},
    {"aiko.t", "Aiko Tanaka", 0, 6, 0, "sso"},
    {"omar.h", "Omar Haddad", 2, 7, 7, "password"},
    {"lena.p", "Lena Petrova", 2, 0, 8, "password+email"},
    {"carlos.r", "Carlos Ruiz", 4, 2, 8, "password"},
    {"ann.lee", "Ann Lee", 3, 3, 14, "password+totp"},
    {"bob.ray", "Bob Ray", 3, 4, 14, "password"},
    {"tina.w", "Tina Walsh", 4, 1, 9, "sso"},
    {"raj.m", "Raj Mehta", 4, 9, 4, "sso"},
    {"elsa.n", "Elsa Nyström", 5, 5, 7, "password"},
    {"hugo.d", "Hugo Durand", 5, 7, 8, "password+totp"},
    {"kim.c", "Kim Carter", 6, 8, 13, "sso"},
    {"leo.f", "Leo Fischer", 6, 0, 7, "password"},
    {"nora.j", "Nora Jones", 7, 4, 14, "password+email"},
    {"pete.o", "Pete Olsen", 7, 3, 14, "password"},
    {"quinn.a", "Quinn Adams", 8, 8, 13, "password+totp"},
    {"ruth.v", "Ruth Vega", 8, 2, 8, "password+totp"},
    {"sam.g", "Sam Green", 0, 1, 9, "password+totp"},
    {"uma.s", "Uma Sharma", 6, 9, 4, "sso"},
    {"vera.l", "Vera Lindqvist", 5, 5, 7, "password+email"},
    {"walt.h", "Walt Hughes", 3, 4, 15, "password"},
};

const char *const demo_agents[DEMO_AGENTS] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
    "Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36",
};

#define SCALAR(field, old, new) ",\"changes\":[{\"field\":\"" field "\",\"old\":" old ",\"new\":" new "}]"

/* Every action and every kind of object that the first systems had, and changes of every shape. */
const struct demo_change demo_changes[DEMO_CHANGES] = {
    {"update", "Call Queue Updated", "Voice", "Telephony", "call_queue", "Support EU",
     ",\"description\":\"Longer ringing before the "
     "overflow\",\"changes\":[{\"field\":\"ring_timeout\",\"old\":20,\"new\":45},"
     "{\"field\":\"members\",\"old\":[\"1001\",\"1002\",\"1003\"],\"new\":[\"1001\",\"1003\",\"1004\",\"1007\"]}],"
     "\"params\":{\"region\":\"eu-west-1\",\"queue_size\":25}"},
    {"update", "Template Updated", "WhatsApp", "Template", "template", "order_shipped",
     ",\"changes\":[{\"field\":\"body\",\"old\":\"Hi {{1}}, your order {{2}} was shipped today with {{3}}. You can "
     "follow it with "
     "the number {{4}}. Please reply STOP if you no longer wish to receive these messages.\",\"new\":\"Hello {{1}}, "
     "good news: your "
     "order {{2}} is on its way with {{3}} and should arrive within two days. You can follow it at any time with the "
     "number "
     "{{4}}. Reply STOP to end these messages.\"},{\"field\":\"category\",\"old\":\"MARKETING\",\"new\":\"UTILITY\"}]"},
    {"update", "Answer Rule Updated", "Voice", "Telephony", "answer_rule", "Weekend",
     ",\"changes\":[{\"field\":\"schedule\",\"old\":{\"sat\":{\"from\":\"09:00\",\"to\":\"13:00\"},\"sun\":null},"
     "\"new\":{\"sat\":"
     "{\"from\":\"09:00\",\"to\":\"17:00\"},\"sun\":{\"from\":\"10:00\",\"to\":\"12:00\"}}},{\"field\":\"forward_to\","
     "\"old\":\"1041\","
     "\"new\":\"+49301234567\"},{\"field\":\"enabled\",\"old\":false,\"new\":true}]"},
    {"update", "User Updated", "Platform", "Users", "user", "john.smith",
     ",\"changes\":[{\"field\":\"display_name\",\"old\":\"John Smith\",\"new\":\"John A. "
     "Smith\"},{\"field\":\"phone\",\"old\":null,"
     "\"new\":\"+14155550100\"},{\"field\":\"extensions\",\"old\":[\"1041\"],\"new\":[\"1041\",\"1042\"]}]"},
    {"update", "Password Policy Changed", "Platform", "Settings", "settings", "password policy",
     ",\"changes\":[{\"field\":\"min_length\",\"old\":8,\"new\":12},{\"field\":\"require_totp\",\"old\":false,\"new\":"
     "true},{\"field\":"
     "\"allowed_networks\",\"old\":[],\"new\":[\"203.0.113.0/24\",\"2001:db8:17::/48\"]}]"},
    {"update", "IVR Menu Edited", "Voice", "Inbound", "ivr_menu", "Main menu",
     ",\"changes\":[{\"field\":\"options\",\"old\":{\"1\":\"sales\",\"2\":\"support\"},\"new\":{\"1\":\"sales\",\"2\":"
     "\"support\",\"3\":"
     "\"billing\",\"9\":\"operator\"}},{\"field\":\"greeting\",\"old\":\"welcome_v3.wav\",\"new\":\"welcome_v4.wav\"}"
     "]"},
    {"create", "Campaign Created", "Email", "Campaigns", "campaign", "Spring Sale",
     ",\"changes\":[{\"field\":\"subject\",\"old\":null,\"new\":\"20 % off until "
     "Sunday\"},{\"field\":\"segments\",\"old\":null,\"new\":"
     "[\"newsletter\",\"buyers-2026\"]}]"},
    {"activate", "Campaign Started", "Email", "Campaigns", "campaign", "Spring Sale",
     SCALAR("status", "\"draft\"", "\"running\"")},
    {"update", "Campaign Pacing Changed", "SMS", "Campaigns", "campaign", "Renewal reminder",
     SCALAR("messages_per_minute", "60", "120.5")},
    {"import", "Leads Imported", "Platform", "Bulk Operations", "subscriber", "leads-november.csv",
     ",\"params\":{\"rows\":12480,\"rejected\":31,\"dedupe\":true}"},
    {"export", "Contacts Exported", "Platform", "Contact", "subscriber", "all contacts",
     ",\"params\":{\"rows\":48211,\"format\":\"csv\"}"},
    {"delete", "Contact Deleted", "Email", "Contact", "subscriber", "kim@customer.example",
     SCALAR("status", "\"active\"", "null")},
    {"update", "Carrier Updated", "Voice", "Telephony", "carrier", "trunk-provider-1",
     ",\"changes\":[{\"field\":\"channels\",\"old\":30,\"new\":60},{\"field\":\"codecs\",\"old\":[\"g711a\",\"g729\"],"
     "\"new\":[\"g711a\","
     "\"opus\"]}]"},
    {"create", "DID Assigned", "Voice", "Telephony", "did", "+49 30 1234567", SCALAR("route", "null", "\"Main menu\"")},
    {"create", "Phone Number Bought", "Voice", "Telephony", "phone_number", "+1 415 555 0100",
     ",\"params\":{\"price\":1.15}"},
    {"delete", "Route Removed", "Voice", "Telephony", "route", "backup-route", SCALAR("priority", "10", "null")},
    {"update", "Role Changed", "Platform", "Users", "role", "Supervisor",
     ",\"changes\":[{\"field\":\"permissions\",\"old\":[\"queues.read\",\"reports.read\"],\"new\":[\"queues.read\","
     "\"queues.write\","
     "\"reports.read\"]}]"},
    {"create", "API Key Created", "Platform", "Security", "api_key", "billing-export",
     SCALAR("scopes", "null", "[\"contacts.read\",\"messages.send\"]")},
    {"delete", "API Key Revoked", "Platform", "Security", "api_key", "old-crm-sync", ""},
    {"mfa", "2FA Reset", "Platform", "Security", "mfa", "omar.h", SCALAR("totp", "true", "false")},
    {"warn", "Unusual Sign-In Blocked", "Platform", "Security", "session", "session of pete.o",
     ",\"outcome\":\"denied\",\"reason\":\"new_device\""},
    {"delete", "Session Revoked", "Platform", "Security", "session", "session of walt.h", ""},
    {"validate", "Domain Validated", "Email", "Settings", "domain", "mail.acme.example",
     SCALAR("dkim", "\"pending\"", "\"valid\"")},
    {"restart", "Media Server Restarted", "Voice", "System", "server", "media-eu-2", ""},
    {"load", "Dial Plan Loaded", "Voice", "Telephony", "dial_plan", "EU default", ",\"params\":{\"rules\":214}"},
    {"update", "AI Model Changed", "AI", "AI", "agent", "Support assistant",
     ",\"changes\":[{\"field\":\"model\",\"old\":\"assist-2\",\"new\":\"assist-3\"},{\"field\":\"temperature\",\"old\":"
     "0.2,\"new\":0.4}]"},
    {"create", "OAuth Client Created", "Platform", "Security", "oauth", "CRM connector", ""},
    {"create", "Token Issued", "Platform", "Security", "jwt", "mobile app", ",\"params\":{\"hours\":12}"},
    {"create", "Administrator Added", "Platform", "Users", "admin", "night shift", ""},
    {"create", "Reseller Created", "Platform", "Account", "reseller", "Northern Partners", ""},
    {"update", "Territory Changed", "Platform", "Account", "territory", "Nordics",
     SCALAR("countries", "[\"SE\",\"NO\"]", "[\"SE\",\"NO\",\"DK\",\"FI\"]")},
    {"create", "Conference Created", "Voice", "Telephony", "conference", "Weekly review", ""},
    {"delete", "Recording Deleted", "Voice", "Telephony", "recording", "call 2026-0817", ""},
    {"create", "Hunt Group Created", "Voice", "Telephony", "hunt_group", "Reception", ""},
    {"create", "Meeting Scheduled", "Video", "Telephony", "meeting", "Onboarding", ""},
    {"delete", "Message Deleted", "SMS", "Inbound", "message", "message 88213", ""},
    {"update", "Time Range Changed", "Voice", "Settings", "timerange", "Business hours",
     SCALAR("to", "\"17:00\"", "\"18:30\"")},
    {"update", "Dialing Permission Changed", "Voice", "Telephony", "dialing", "International",
     SCALAR("allowed", "false", "true")},
    {"update", "Phone Configured", "Voice", "Telephony", "phone_config", "Desk phone 1041",
     SCALAR("firmware", "\"5.9.1\"", "\"5.9.4\"")},
    {"update", "Branding Changed", "Platform", "Settings", "ui_config", "Portal theme",
     ",\"changes\":[{\"field\":\"colors\",\"old\":{\"accent\":\"#0a5bd0\"},\"new\":{\"accent\":\"#0f5a2c\",\"banner\":"
     "\"#dff5e6\"}}]"},
    {"create", "Device Registered", "Voice", "Telephony", "mac", "00:15:65:aa:10:7f", ""},
    {"create", "Webhook Added", "Platform", "Settings", "webhook", "delivery reports",
     SCALAR("url", "null", "\"https://hooks.customer.example/daybook\"")},
    {"restart", "Database Failed Over", "Platform", "System", "database", "cdr-replica-2", ""},
    {"load", "Configuration Loaded", "Platform", "System", "system", "nightly configuration",
     ",\"params\":{\"files\":37}"},
    {"login", "Support Session Started", "Platform", "System", "support_login", "ticket 48112", ""},
    {"create", "TAC Case Opened", "Platform", "System", "tac", "case 2217", ""},
    {"update", "LEA License Renewed", "Platform", "System", "lea_license", "EU intercept",
     SCALAR("valid_until", "\"2026-12-31\"", "\"2027-12-31\"")},
    {"restart", "NCS Restarted", "Platform", "System", "ncs", "ncs-1", ""},
    {"update", "NFR Changed", "Platform", "System", "nfr", "lab licence", ""},
    {"validate", "NMS Check Passed", "Platform", "System", "nms", "nightly check", ""},
    {"update", "Address Changed", "Platform", "Account", "address", "Billing address",
     SCALAR("street", "\"Hauptstraße 5\"", "\"Allee der Kosmonauten 12\"")},
    {"create", "Audio File Uploaded", "Voice", "Inbound", "audio_file", "hold_music_7.wav",
     ",\"params\":{\"seconds\":184}"},
    {"create", "Feature Code Added", "Voice", "Telephony", "code", "*72", ""},
    {"update", "Connection Changed", "Voice", "Telephony", "connection", "SBC to carrier",
     SCALAR("tls", "false", "true")},
    {"create", "Image Uploaded", "Email", "Template", "images", "header_spring.png", ""},
    {"delete", "Conversation Closed", "WhatsApp", "Inbound", "message_session", "conversation 9121", ""},
    {"update", "Quota Raised", "SMS", "Account", "quota", "daily messages", SCALAR("limit", "100000", "250000")},
    {"validate", "Registrar Checked", "Voice", "System", "registrar", "sip-eu-1", ""},
    {"delete", "Reject Log Cleared", "Voice", "System", "reject_log", "inbound rejects", ""},
    {"restart", "SBus Restarted", "Platform", "System", "sbus", "bus-eu", ""},
    {"update", "Voicemail Reminder Changed", "Voice", "Settings", "vmailnag", "reminder", SCALAR("hours", "4", "8")},
    {"update", "Roles Granted", "Platform", "Security", "user", "bob.ray",
     ",\"changes\":[{\"field\":\"roles\",\"old\":[\"agent\"],\"new\":[\"agent\",\"supervisor\"]}]"},
    {"create", "User Created", "Platform", "Users", "user", "new.hire", SCALAR("role", "null", "\"agent\"")},
    {"delete", "User Deleted", "Platform", "Users", "user", "former.colleague", SCALAR("status", "\"active\"", "null")},
    {"update", "Grant Extended", "Platform", "Security", "grant", "auditor of the holding",
     SCALAR("until", "\"2026-12-01\"", "\"2027-06-30\"")},
};
