"""The Chinese texts of the command line, by their English: the one catalogue. Which language is chosen: `runtime.commands.language`."""

__all__ = ["HELP", "MESSAGES"]

# fmt: off
HELP = {
    "Nuanliu 暖流: operations software for district heating.": "暖流：集中供热运行软件。",
    "Show the version and end.": "显示版本并结束。",
    "Run a living city on embedded parts: broker, stores, simulator, collector, alerting, dashboard.":
        "用内置部件运行一座模拟城市：消息代理、数据库、模拟器、采集、报警、看板。",
    "Run everything in one process against the configured broker and stores.":
        "在一个进程中运行全部，连接配置中的消息代理和数据库。",
    "Run the collector alone: from the broker to the store.": "只运行采集：从消息代理到时序库。",
    "Run the alert rules alone, on a subscription of their own.": "只运行报警规则，使用自己的订阅。",
    "Run the dashboard alone.": "只运行看板。",
    "Check the settings; print every mistake with file, line and remedy, and end with 2 when there is one.":
        "检查配置；列出每个错误及其文件、行号和改法，有错误时以 2 结束。",
    "Run the simulator as a process of its own; options are the simulator's (``nuanliu simulate --help``).":
        "以独立进程运行模拟器；选项见 ``nuanliu simulate --help``。",
    "Publish recorded messages to the broker of the settings.": "把录制的消息发布到配置中的消息代理。",
    "Decode JSON lines {topic, payload | payload_hex, key_hex?, f_port?, vendor?, codec?, received?}.":
        "解码 JSON 行 {topic, payload | payload_hex, key_hex?, f_port?, vendor?, codec?, received?}。",
    "Lead history files through the rules in virtual time and write the alarms and incidents that follow.":
        "在虚拟时间中用规则判断历史文件，写出由此产生的报警和事件。",
    "The registry of stations, buildings, homes and sensors.": "换热站、楼栋、住户和传感器的台账。",
    "Alert rules.": "报警规则。",
    "The broker of the devices.": "设备所连接的消息代理。",
    "New devices, and the clocks of known ones.": "新设备，以及已知设备的时钟。",
    "Processes of the rooms: who runs, who is missing.": "各部分的进程：哪些在运行，哪些失联。",
    "People who may log in.": "可以登录的人员。",
    "The audit: who did or saw what.": "审计：谁做过、看过什么。",
    "The store of readings.": "时序库。",
    "Write a backup of readings, records, spool and settings file; a running service goes on.":
        "备份读数、记录、缓存和配置文件；运行中的服务不受影响。",
    "Put a backup in place of what the settings name; stop the service first.":
        "用备份替换配置所指的数据；请先停止服务。",
    "Readings, and names of objects, as CSV.": "把读数和对象名称导出为 CSV。",
    "Erase what is kept about people.": "清除个人数据。",
    "The collector's durable spool and its rejections.": "采集程序的持久缓存和拒收记录。",
    "smoke, city or league.": "smoke、city 或 league。",
    "Virtual seconds in a real second.": "真实一秒对应的虚拟秒数。",
    "End after so many seconds.": "多少秒后结束。",
    "HOST:PORT of the pages; port 0 picks a free one.": "页面的 HOST:PORT；端口 0 自动选择。",
    "HOST:PORT of the broker; port 0 picks a free one.": "消息代理的 HOST:PORT；端口 0 自动选择。",
    "Data folder, kept; a temporary one when not given.": "数据目录，结束后保留；不写则用临时目录。",
    "Days of history.": "历史数据的天数。",
    "Same seed, same city.": "种子相同，城市相同。",
    "debug, info, warning or error.": "debug、info、warning 或 error。",
    "Settings file; NUANLIU_CONFIG when not given, else the built-in defaults.":
        "配置文件；不写则用 NUANLIU_CONFIG，再则用内置默认值。",
    "Also ask for what a service outside the demo needs (secrets).": "同时检查演示以外的服务所需的内容（密钥等）。",
    "JSON lines {topic, payload | payload_hex, t?}, plain or .gz.":
        "JSON 行 {topic, payload | payload_hex, t?}，普通文件或 .gz。",
    "Seconds of the recording in a real second; 0 sends at once.": "真实一秒播放的录制秒数；0 表示立即全部发送。",
    "Lines come from standard input; one JSON line is printed each. Zone, meter keys and point maps are those of the settings.":
        "从标准输入逐行读取，每行输出一行 JSON。时区、仪表密钥和点表取自配置。",
    "Payload family, for example native.": "格式族，例如 native。",
    "Device map of the family.": "该格式族的设备映射表。",
    "Stores of the settings are not touched. Lines have the shape of the API's lists; the last line on standard output is JSON with the counts.":
        "不改动配置中的数据库。各行与 API 列表格式相同；标准输出的最后一行是含计数的 JSON。",
    "Folder of history files of the simulator.": "模拟器历史文件的目录。",
    "Registry of the history, CSV or XLSX.": "历史数据的台账，CSV 或 XLSX。",
    "Gets alarms.jsonl and incidents.jsonl.": "写入 alarms.jsonl 和 incidents.jsonl 的目录。",
    "Seconds between evaluations.": "两次判断之间的秒数。",
    "Wait for more files until one named complete is there.": "等待更多文件，直到出现名为 complete 的文件。",
    "Delete each file when it is judged.": "判断后删除该文件。",
    "Add and change what a file names; with --remove make the registry equal to it.":
        "新增和修改文件中列出的内容；加 --remove 则使台账与文件一致。",
    "All mistakes in the file are reported and nothing is written then.": "文件有错误时全部列出，且不写入任何内容。",
    "CSV (one file with a kind column) or XLSX (a sheet a kind).":
        "CSV（一个文件，含 kind 列）或 XLSX（每类一个工作表）。",
    "Show what would change; write nothing.": "只显示将有的改动，不写入。",
    "Remove what the file does not name; without it an import adds and changes.":
        "移除文件未列出的内容；不写则只新增和修改。",
    "With --remove: that so many objects are to be removed, not asked then.":
        "与 --remove 合用：确认移除的对象数量，不再询问。",
    "Take the file's word on sensors that were moved by page or command since.":
        "对此后通过页面或命令移动过的传感器，以文件为准。",
    "Show what an import would add, change and remove.": "显示导入将新增、修改和移除的内容。",
    "Write the whole registry to a file that can be imported again.": "把整个台账写入可再次导入的文件。",
    "Check the rules beyond their form: signals, units, clear conditions, inhibition, rationalisation.":
        "检查规则的内容：信号、单位、解除条件、抑制、合理化。",
    "Folder of rule files; that of the settings when not given.": "规则文件目录；不写则用配置中的目录。",
    "Run the case files against the rules.": "用案例文件检验规则。",
    "Folder of case files.": "案例文件目录。",
    "Lead history through rules and count alarms by rule and day; with --rules, show what a change would do.":
        "用规则判断历史，按规则和日期统计报警；加 --rules 显示改动的影响。",
    "First moment, with zone; a day ago.": "起始时刻，含时区；默认一天前。",
    "First moment left out; now.": "结束时刻（不含）；默认现在。",
    "Make configuration, access list and passwords: each device may publish below its own station or sensor only.":
        "生成配置、访问列表和密码：每个设备只能在自己的站或传感器下发布。",
    "Folder of the files; the broker reads it.": "文件目录；由消息代理读取。",
    "Which broker.": "哪种消息代理。",
    "Client certificates, or names with passwords.": "客户端证书，或用户名加密码。",
    "Shut out an identity, for example station.st-001; may be repeated.":
        "禁止一个身份，例如 station.st-001；可重复。",
    "Let a revoked identity in again; may be repeated.": "重新允许被禁止的身份；可重复。",
    "Make a new password for an identity; may be repeated.": "为一个身份生成新密码；可重复。",
    "TLS port of the devices.": "设备使用的 TLS 端口。",
    "TLS port of our programs.": "本软件各程序使用的 TLS 端口。",
    "Address for our programs, for example where they run on another machine.":
        "本软件各程序使用的地址，例如它们在另一台机器上运行时。",
    "Address for the devices.": "设备使用的地址。",
    "Account that Mosquitto runs under.": "运行 Mosquitto 的账号。",
    "Key of ca.pem in the folder: signs the list of revoked certificates. Its password comes from BROKER_AUTHORITY_PASSWORD.":
        "目录中 ca.pem 的私钥：用来签发吊销列表。其密码取自 BROKER_AUTHORITY_PASSWORD。",
    "Folder of the issued certificates; with --authority-key.": "已签发证书的目录；与 --authority-key 合用。",
    "The broker with this pid file reads the files again.": "让该 pid 文件对应的消息代理重新读取文件。",
    "Where Mosquitto 2.1 keeps its plugin; with --broker mosquitto-2.1.":
        "Mosquitto 2.1 插件的位置；与 --broker mosquitto-2.1 合用。",
    "List devices that send and that the registry does not know, those heard last first.":
        "列出在发送而台账中没有的设备，最近收到的在前。",
    "Those that were assigned instead.": "改为列出已分配的设备。",
    "One JSON object a line.": "每行一个 JSON 对象。",
    "List devices whose clocks are off, the worst first; positive means behind.":
        "列出时钟不准的设备，偏差最大的在前；正数表示慢。",
    "Only clocks off by at least this [s].": "只列出偏差不小于此值的时钟 [s]。",
    "Let a device measure a home; kept messages are given again by the running collector, history stays.":
        "让设备测量一户；运行中的采集程序会补入留存的消息，历史不变。",
    "Id of a new device, or of a sensor that moves.": "新设备或移动的传感器的编号。",
    "Home that it measures from now on.": "从此测量的住户。",
    "First moment, RFC 3339 with zone; now when not given.": "起始时刻，RFC 3339 含时区；不写则为现在。",
    "Other sensors of the home go on measuring it.": "该户的其他传感器继续测量。",
    "List every process that ever gave a sign of life, with its last one.": "列出所有报过活动的进程及其最近一次。",
    "Forget a process that is run no more, so that nobody misses it.": "忘掉不再运行的进程，不再报其失联。",
    "Name of the process, as the list has it.": "进程名称，与列表中相同。",
    "Add a user; the password is asked for twice, or read as one line from standard input.":
        "新增用户；密码询问两次，或从标准输入读取一行。",
    "User name.": "用户名。",
    "Role; may be repeated.": "角色；可重复。",
    "Area id the roles are bound to; may be repeated; all when not given.":
        "角色所限的区域编号；可重复；不写则为全部区域。",
    "Home of a resident.": "居民所在的住户。",
    "Set a new password; open sessions of the user and its tokens end.": "设置新密码；该用户的会话和令牌随之失效。",
    "Shut a user out; open sessions and streams end within seconds.": "禁用用户；其会话和事件流数秒内结束。",
    "Let the user in again.": "重新启用该用户。",
    "List users with roles and areas.": "列出用户及其角色和区域。",
    "Check that no entry was changed or removed; ends with 1 and the first broken entry otherwise.":
        "检查没有条目被改动或删除；否则给出第一条损坏的条目并以 1 结束。",
    "The running alerting does the same once a day. A cut at the very end only shows against an earlier answer: keep it.":
        "运行中的报警程序每天检查一次。末尾被截断只能与以前的结果对比才能发现：请保存结果。",
    "List entries, newest first.": "列出条目，最新的在前。",
    "Only what this person did.": "只列出此人的操作。",
    "Only what is about this, for example household:h1.": "只列出与此有关的条目，例如 household:h1。",
    "Entries, newest first.": "条目数，最新的在前。",
    "Make a token and print it once; only its hash is kept. It ends with the days, or with the user's password.":
        "生成令牌并只显示一次；只保存其哈希。到期或用户改密码时失效。",
    "Name of the token, for example the script's.": "令牌名称，例如脚本的名称。",
    "User whose roles and areas the token has.": "令牌所用角色和区域的用户。",
    "Ends after so many days; 0: never.": "多少天后失效；0 表示永不。",
    "List tokens with their users and ends; the tokens themselves are kept nowhere.":
        "列出令牌及其用户和失效时间；令牌本身不保存。",
    "End a token at once.": "立即使令牌失效。",
    "Name of the token.": "令牌名称。",
    "Write raw readings as Parquet, one file a measurement and UTC day.":
        "把原始读数写成 Parquet，每个测量类别每个 UTC 日一个文件。",
    "Folder for the files.": "文件目录。",
    "First day, UTC.": "第一天，UTC。",
    "Last day, UTC.": "最后一天，UTC。",
    "Only this; may be repeated.": "只导出此项；可重复。",
    "Show the state and the figures of the store of readings.": "显示时序库的状态和各项数字。",
    "Make database or buckets, their lengths, the user and its rights, or say exactly what an administrator makes.":
        "创建数据库或桶、保留期、用户及其权限，或准确说明管理员要创建什么。",
    "File with an administrator's token (user:password for InfluxDB 1.x); else timeseries.token is used.":
        "管理员令牌文件（InfluxDB 1.x 为 user:password）；不写则用 timeseries.token。",
    "New or empty folder for this backup.": "本次备份的目录，须为新目录或空目录。",
    "Folder of a backup.": "备份所在的目录。",
    "Replace what is there.": "替换已有的数据。",
    "Write raw readings as CSV, a line a reading.": "把原始读数写成 CSV，每个读数一行。",
    "CSV file to write.": "要写入的 CSV 文件。",
    "Start, in the site's time.": "起始时间，当地时间。",
    "End, not included.": "结束时间，不含。",
    "Id of a station, sensor …; may be repeated.": "站、传感器等的编号；可重复。",
    "Name of a point; may be repeated.": "测点名称；可重复。",
    "Only this reason; may be repeated.": "只处理此原因；可重复。",
    "Write times in the site's zone, not UTC.": "时间用当地时区而不用 UTC。",
    "Write a line an object of the store: its tag, id, name, area and station, to be joined with readings.":
        "时序库中每个对象写一行：标签、编号、名称、区域和站，供与读数关联。",
    "Print everything that the records keep about a home as JSON: for people who ask what is known of them.":
        "以 JSON 输出记录库中关于一户的全部内容，供询问自己数据的人。",
    "Id of the home.": "住户编号。",
    "Erase contact, words of ended tickets, residents' accounts and former sensors of a home; evidence stays.":
        "清除一户的联系人、已结束工单的文字、住户账号和以前的传感器；证据保留。",
    "Only count; change nothing.": "只计数，不改动。",
    "Show the files of the spool and the rejections by reason.": "显示缓存文件，以及按原因统计的拒收记录。",
    "Give rejected messages back to the broker, and rows that the store refused back to the store, each once.":
        "把拒收的消息交还消息代理，把时序库拒收的行交还时序库，各一次。",
    "After a registry import, for example, or once a limit of the store was raised.":
        "例如在导入台账之后，或放宽时序库的限制之后。",
    "Install three rooms as services of systemd (``nuanliu install --help``); ``--plan`` shows the steps.":
        "把三个部分安装为 systemd 服务（``nuanliu install --help``）；``--plan`` 显示各步骤。",
    "Tokens of scripts and walls.": "脚本和大屏使用的令牌。",
    "Addresses or networks the token is good from, with commas between.": "令牌可用的地址或网段，用逗号分隔。",
    "Area id the wall shows; may be repeated; all when not given.": "大屏显示的区域编号；可重复；不写则为全部区域。",
    "Instead of a user: wall, a read-only screen that needs no password.": "代替用户：wall，不需密码的只读大屏。",
    "Causes of incidents, and the symptoms that speak for them.": "事件的原因，以及支持它们的征兆。",
    "Check causes and symptoms beyond their form: names, units, weights that can never open, circles.":
        "检查原因和征兆的内容：名称、单位、永远不能成立的权重、循环。",
    "Folder of cause files; the shipped ones when not given.": "原因文件目录；不写则用随附的文件。",
    "Folder of symptom files; the shipped ones when not given.": "征兆文件目录；不写则用随附的文件。",
    "List causes by level: id, priority, where people meet it, name, the symptoms that found it.":
        "按层级列出原因：编号、优先级、在哪里显示、名称、据以发现的征兆。",
}
"""Help of commands and options, a paragraph each; where one has no Chinese, the English is shown."""

MESSAGES = {
    "the service owns the embedded store: it makes the backup": "内置时序库由服务占用：由服务执行备份",
    "backup {folder}: {files} files": "备份 {folder}：{files} 个文件",
    "restored {folder}, made {at}: {files} files": "已恢复 {folder}（备份于 {at}）：{files} 个文件",
    "--to {end} lies before --from {start}": "--to {end} 早于 --from {start}",
    "the service owns the embedded store: it makes the export": "内置时序库由服务占用：由服务执行导出",
    "exported {rows} readings to {place}": "已导出 {rows} 个读数到 {place}",
    "--renew makes passwords: it needs --proof passwords": "--renew 用来生成密码：需要 --proof passwords",
    "NATS server's users are made for client certificates only: leave out --proof passwords":
        "NATS server 的用户只按客户端证书生成：请去掉 --proof passwords",
    "--authority-key FILE and --certificates DIR (a folder that exists) belong together":
        "--authority-key FILE 和 --certificates DIR（已有的目录）须同时给出",
    "the broker could not be asked to read the files again: {file}: {error}":
        "无法让消息代理重新读取文件：{file}：{error}",
    "the broker reads its files again: pid={pid}": "消息代理正在重新读取文件：pid={pid}",
    "{causes} causes and {symptoms} symptoms are in order": "{causes} 个原因和 {symptoms} 个征兆无误",
    "{number} mistake(s)": "{number} 个错误",
    "settings and rules are in order": "配置和规则无误",
    "no scenario «{scenario}»: choose smoke, city or league":
        "没有场景 «{scenario}»：可选 smoke、city 或 league",
    "assigned: {sensor} measures {household} from {start} on":
        "已分配：{sensor} 从 {start} 起测量 {household}",
    "--from {text} is no moment with a zone, for example 2026-01-15T08:00:00+08:00":
        "--from {text} 不是带时区的时刻，例如 2026-01-15T08:00:00+08:00",
    "dry run: nothing was changed": "仅试算：未作任何改动",
    "erased; copies in backups stay until those are deleted": "已清除；备份中的副本在备份删除前仍然存在",
    "unknown points: {names}": "没有这些测点：{names}",
    "--to must lie after --from": "--to 必须晚于 --from",
    "while the service owns the embedded store, nuanliu store export-parquet has it do the work":
        "内置时序库由服务占用时，请用 nuanliu store export-parquet，由服务执行",
    "exported {number} objects to {place}": "已导出 {number} 个对象到 {place}",
    "judged: {files} files": "已判断：{files} 个文件",
    "published: {number}": "已发布：{number}",
    "added: {name}": "已新增：{name}",
    "changed: {name}": "已修改：{name}",
    "token ended: {name}": "令牌已失效：{name}",
    "there is no token {name}": "没有令牌 {name}",
    "revoked: {name}": "已撤销：{name}",
    "would change: {summary}": "将要改动：{summary}",
    "done: {summary}": "已完成：{summary}",
    "written: {file}": "已写入：{file}",
    "skipped: {text}": "已跳过：{text}",
    "kept: sensor {sensor} measures {household} from {start} on, as was decided since (--undo-moves takes the file's word)":
        "保留：传感器 {sensor} 从 {start} 起测量 {household}，此后已如此决定（--undo-moves 以文件为准）",
    "{number} objects would be removed; nothing was changed. To remove them: --remove --yes {number}":
        "将移除 {number} 个对象；未作任何改动。确认移除：--remove --yes {number}",
    "{number} objects would be removed and not {yes}; nothing was changed":
        "将移除 {number} 个对象，而不是 {yes} 个；未作任何改动",
    "... and {number} more lines": "……还有 {number} 行",
    "no process {name} ever gave a sign of life": "进程 {name} 从未报过活动",
    "forgotten: {name}": "已忘掉：{name}",
    "{number} rules are in order": "{number} 条规则无误",
    "{passed} cases passed, {failed} failed": "{passed} 个案例通过，{failed} 个未通过",
    "{error}; write for example --from 2026-01-15T00:00:00+08:00":
        "{error}；例如写 --from 2026-01-15T00:00:00+08:00",
    "{label}: {ticks} ticks, {rows} values": "{label}：{ticks} 次判断，{rows} 个值",
    "  {rule} {day}: raised {raised}, announced {announced}":
        "  {rule} {day}：产生 {raised}，通知 {announced}",
    "a part died: {part}; start this process again": "一个部分已停止：{part}；请重新启动本进程",
    "the service owns the embedded store: it is asked": "内置时序库由服务占用：向服务询问",
    "the embedded store needs nothing": "内置时序库无需准备",
    "there: {line}": "已有：{line}",
    "remark: {line}": "说明：{line}",
    "to do: {line}": "待办：{line}",
    "  rejected {reason}: {number}": "  拒收 {reason}：{number}",
    "published again: {number}": "已重新发布：{number}",
    "rows for the store: {number}; the collector gives them back within a minute of running":
        "交还时序库的行：{number}；采集程序运行一分钟内交还",
    "no settings were named: give --config FILE or set NUANLIU_CONFIG; nothing was created":
        "没有指定配置：请用 --config FILE 或设置 NUANLIU_CONFIG；未创建任何内容",
    "warning: {text}": "警告：{text}",
    "{label}: {done} of {total}": "{label}：{done} / {total}",
    "«{text}» is not HOST:PORT, for example 127.0.0.1:8080":
        "«{text}» 不是 HOST:PORT，例如 127.0.0.1:8080",
}
"""Results and complaints; ``{…}`` is filled in, the same in both languages."""
